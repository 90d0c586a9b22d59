"""Words of other languages than English for splits, and for columns of tables.

They are written as `plain` makes them, so that accents and capitals do not count.
"""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """A word as it is compared: in small letters and without accents."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _words(text: str) -> tuple[str, ...]:
    return tuple(plain(word) for word in text.split())


SPLIT_STEMS = {
    "train": _words(
        "trainings lern entrainement apprentissage entrenamiento treino treinamento treinar addestramento "
        "allenamento trening treningowe treningowy treningowa uczace uczacy trenovaci traning egitim latih "
        "pelatihan обучение обучающая обучающий обучающие тренировка тренировочная тренировочный тренировочные "
        "навчання навчальна 训练 訓練 学习 学習 教師 훈련 학습 تدريب آموزش"
    ),
    "val": _words(
        "validierung validierungs validations validacion validacao convalida validazione validatie walidacja "
        "walidacyjne walidacyjny walidacyjna validacni validering dogrulama validasi валидация валидационная "
        "валидационный проверка проверочная перевірка 验证 驗證 検証 校验 검증 تحقق"
    ),
    "test": _words(
        "prueba pruebas teste testes prova essai essais testowe testowy testowa testovaci uji pengujian тест тесты "
        "тестовая тестовый тестовые тестирование контрольная 测试 測試 评估 評価 テスト 테스트 평가 اختبار آزمون"
    ),
}
SPLIT_SUFFIXES = _words(
    "daten datensatz satz menge bilder s 集 数据 数据集 图片 图像 資料 データ 用データ データセット セット 画像 用 "
    "셋 세트 데이터 용 이미지"
)
SPLIT_FILLERS = _words(
    "daten bilder jeu donnees de des d du datos conjunto imagenes dados imagens dati immagini dane zbior выборка "
    "данные набор 数据 数据集 データ 데이터 veri verisi"
)
FILE_COLUMNS = _words(
    "tentep anh dateipfad bildname bildpfad nomfichier nomdufichier chemin cheminimage nomimage nombrearchivo "
    "nombreimagen ruta imagem arquivo nomearquivo caminho immagine nomefile percorso bestand bestandsnaam "
    "afbeelding plik nazwapliku obraz zdjecie sciezka soubor obrazek dosya dosyaadi resim goruntu gambar namafile "
    "berkas файл имяфайла изображение картинка фото путь зображення 文件名 文件 图片 图像 图片名 图片名称 图片路径 "
    "图像路径 路径 檔名 檔案 圖片 影像 ファイル名 ファイル 画像 画像名 画像ファイル パス 파일 파일명 이미지 "
    "이미지명 경로 صورة ملف"
)
LABEL_COLUMNS = _words(
    "art rasse sorte nhan lop etiquette classe categorie espece etiqueta clase categoria especie rotulo etichetta "
    "specie klasse kategorie etykieta klasa kategoria gatunek trida stitek etiket sinif sınıf kelas kategori klass "
    "класс метка категория вид клас мітка 标签 标注 类别 分类 类 種類 標籤 類別 分類 ラベル クラス カテゴリ "
    "カテゴリー 라벨 레이블 클래스 분류 카테고리 تصنيف فئة"
)
SPLIT_COLUMNS = _words("conjunto particion particao ensemble teilmenge aufteilung выборка 划分 集合 数据集 分割 세트")
